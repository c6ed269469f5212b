/** Cells of every table: numbers to the right, all of one height. */
import type { ComponentProps } from "react";
import { clsx } from "clsx";

type TableProps = ComponentProps<"table"> & {
  label: string;
  /** Rows have a height of their own. */ isFixed?: boolean;
};

export function Table({ label, isFixed = false, className, ...rest }: TableProps) {
  return (
    <table
      aria-label={label}
      className={clsx("w-full border-collapse text-left", isFixed ? "table-fixed" : "[&_td]:py-2", className)}
      {...rest}
    />
  );
}

type Cell<Tag extends "th" | "td"> = ComponentProps<Tag> & { isNumber?: boolean };

export function Th({ isNumber = false, className, ...rest }: Cell<"th">) {
  return (
    <th
      scope="col"
      className={clsx(
        "px-3 py-2 text-xs font-medium whitespace-nowrap text-muted first:pl-4 last:pr-4",
        isNumber && "text-right",
        className,
      )}
      {...rest}
    />
  );
}

export function Td({ isNumber = false, className, ...rest }: Cell<"td">) {
  return (
    <td
      className={clsx(
        "border-t border-line px-3 first:pl-4 last:pr-4",
        isNumber && "text-right whitespace-nowrap",
        className,
      )}
      {...rest}
    />
  );
}
