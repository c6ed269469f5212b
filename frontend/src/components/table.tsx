/** Cells of every table: numbers to the right, all of one height, in columns that do not grow with every digit. */
import type { ComponentProps } from "react";
import { clsx } from "clsx";

type TableProps = ComponentProps<"table"> & {
  label: string;
  /** Rows have a height of their own, and whoever shows it scrolls. */
  isFixed?: boolean;
};

export function Table({ label, isFixed = false, ...rest }: TableProps) {
  const className = clsx(
    "w-full border-collapse text-left",
    isFixed ? "table-fixed" : "[&_td]:py-2 [&_th.text-right]:min-w-20",
  );
  const table = <table aria-label={label} className={className} {...rest} />;
  if (isFixed) return table;
  return (
    // What scrolls sideways on a small screen must be reached by the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={`${label}, table`} tabIndex={0} className="overflow-x-auto">
      {table}
    </div>
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
