export { ChatPage } from "./components/chat-page";
export { askNext } from "./lib/asked";
export { Markdown } from "./components/markdown";
