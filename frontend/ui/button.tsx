import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      kind: {
        primary: "bg-accent text-on-accent hover:bg-accent-hover",
        plain: "border bg-surface hover:bg-sunken",
        quiet: "hover:bg-sunken",
        danger: "border border-bad/40 bg-surface text-bad hover:bg-bad-soft",
      },
      size: { md: "h-9 px-3.5", sm: "h-8 px-2.5 text-xs", icon: "size-9", "icon-sm": "size-7" },
    },
    defaultVariants: { kind: "plain", size: "md" },
  },
);

type Props = ComponentProps<"button"> &
  VariantProps<typeof look> & { asChild?: boolean; busy?: boolean };

/** Something to press. While busy it says so and cannot be pressed again. */
export function Button({
  className,
  kind,
  size,
  asChild,
  busy,
  disabled,
  children,
  ...rest
}: Props) {
  const classes = cn(look({ kind, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={classes} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type="button"
      className={classes}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
