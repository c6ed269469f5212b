/** A line at the bottom that says what was done, and goes by itself. */
import { useEffect } from "react";
import { Store, useStore } from "@/lib/store";

const SHOWN_MS = 5000;
const message = new Store<{ text: string } | null>(null);

export function toast(text: string): void {
  message.set({ text });
}

export function Toaster() {
  const shown = useStore(message);
  useEffect(() => {
    if (!shown) return undefined;
    const timer = setTimeout(() => message.set(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-20 z-60 flex justify-center px-4 lg:bottom-6"
    >
      {shown && <p className="rounded-lg bg-text px-4 py-2.5 text-page shadow-lg">{shown.text}</p>}
    </div>
  );
}
