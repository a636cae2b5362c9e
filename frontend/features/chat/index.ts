export { ChatPage } from "./components/chat-page";
export { Markdown } from "./components/markdown";
