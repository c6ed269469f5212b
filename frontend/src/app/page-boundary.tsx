/** A fault of one page leaves the others and the navigation usable. */
import { Component, type ReactNode } from "react";
import { useLocation } from "react-router";
import { ErrorState } from "@/components/ui/feedback";

export function PageBoundary({ children }: { children: ReactNode }) {
  return <Boundary key={useLocation().pathname.split("/")[1]}>{children}</Boundary>;
}

class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return <ErrorState error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
