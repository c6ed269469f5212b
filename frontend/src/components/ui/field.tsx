/** Inputs with their label, hint and error, joined for screen readers. */
import { type ComponentProps, type ReactNode, useId } from "react";
import { clsx } from "clsx";

const BOX =
  "rounded-md border border-line-strong bg-surface px-3 placeholder:text-muted aria-invalid:border-bad disabled:opacity-50";

type Around = { label: string; hint?: ReactNode; error?: string | undefined; className?: string };

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={clsx(BOX, "h-9", className)} {...rest} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={clsx(BOX, "h-9", className)} {...rest} />;
}

export function TextField({ label, hint, error, className, ...rest }: ComponentProps<"input"> & Around) {
  return (
    <Labelled {...{ label, hint, error, className }}>
      {(wiring) => <Input className="w-full" {...wiring} {...rest} />}
    </Labelled>
  );
}

export function TextAreaField({ label, hint, error, className, ...rest }: ComponentProps<"textarea"> & Around) {
  return (
    <Labelled {...{ label, hint, error, className }}>
      {(wiring) => <textarea className={clsx(BOX, "min-h-40 w-full py-2 font-mono text-xs")} {...wiring} {...rest} />}
    </Labelled>
  );
}

type Wiring = { id: string; "aria-describedby"?: string; "aria-invalid"?: true };

function Labelled(
  props: Omit<Around, "className"> & { className?: string | undefined; children: (wiring: Wiring) => ReactNode },
) {
  const { label, hint, error, className, children } = props;
  const id = useId();
  const told = error ?? hint;
  return (
    <div className={clsx("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-xs font-medium text-muted">
        {label}
      </label>
      {children({
        id,
        ...(told ? { "aria-describedby": `${id}-told` } : {}),
        ...(error ? { "aria-invalid": true } : {}),
      })}
      {told && (
        <p id={`${id}-told`} className={clsx("text-xs", error ? "text-bad" : "text-muted")}>
          {told}
        </p>
      )}
    </div>
  );
}
