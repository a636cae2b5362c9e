export { ApprovalCard } from "./components/approval-card";
export { ApprovalsInbox } from "./components/approvals-inbox";
export { WaitingApprovals, useWaiting } from "./components/waiting-approvals";
