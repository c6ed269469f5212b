/** One value that components can watch: the few things that are neither on the server nor of one component. */
import { useSyncExternalStore } from "react";

export class Store<Value> {
  private readonly watchers = new Set<() => void>();

  constructor(private value: Value) {}

  get = (): Value => this.value;

  set = (value: Value): void => {
    this.value = value;
    for (const tell of this.watchers) tell();
  };

  watch = (tell: () => void): (() => void) => {
    this.watchers.add(tell);
    return () => this.watchers.delete(tell);
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.watch, store.get);
}
