// Words about what happened, said over the page. The library is loaded when there is something to say.
import type { ExternalToast, toast as Toast } from "sonner";

const library = () => import("sonner").then((module) => module.toast);

export const toast = {
  success: (title: string, more?: ExternalToast) =>
    void library().then((toast) => toast.success(title, more)),
  error: (title: string, more?: ExternalToast) =>
    void library().then((toast) => toast.error(title, more)),
  promise: (...given: Parameters<(typeof Toast)["promise"]>) =>
    void library().then((toast) => toast.promise(...given)),
};
