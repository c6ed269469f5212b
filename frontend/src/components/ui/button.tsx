import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { clsx } from "clsx";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50 disabled:cursor-not-allowed [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-accent text-on-accent hover:not-disabled:bg-accent/88",
        secondary: "border border-line bg-surface hover:not-disabled:bg-raised",
        ghost: "text-muted hover:not-disabled:bg-raised hover:not-disabled:text-text",
        danger: "border border-bad/40 bg-surface text-bad hover:not-disabled:bg-bad-soft",
      },
      size: { small: "h-7 px-2.5 text-xs", medium: "h-9 px-3.5 text-sm", icon: "size-8" },
    },
    defaultVariants: { look: "secondary", size: "medium" },
  },
);

type Props = ComponentProps<"button"> & VariantProps<typeof button> & { asChild?: boolean };

export function Button({ look, size, asChild = false, className, type = "button", ...rest }: Props) {
  const classes = clsx(button({ look, size }), className);
  return asChild ? <Slot.Root className={classes} {...rest} /> : <button type={type} className={classes} {...rest} />;
}
