/** All parts put together: providers, the stream of states, and the pages, each loaded when it is first opened. */
import { type Query, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { lazy, useEffect } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { Shell } from "@/app/shell";
import { TokenDialog } from "@/app/token-dialog";
import { Toaster } from "@/components/ui/toast";
import { ApiError } from "@/lib/api";
import { connection, follow } from "@/lib/live";

const OverviewPage = lazy(() => import("@/features/traffic/overview-page"));
const AnalysersPage = lazy(() => import("@/features/analysers/analysers-page"));
const SendPage = lazy(() => import("@/features/send/send-page"));
const LedgerPage = lazy(() => import("@/features/ledger/ledger-page"));
const RegistryPage = lazy(() => import("@/features/registry/registry-page"));
const NotFoundPage = lazy(() => import("@/app/not-found-page"));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the operator refuses it will refuse again; what did not get through may.
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.status === 0),
      refetchOnWindowFocus: false,
    },
  },
});

/** What could not be had while the operator was away is asked for again when it is back. */
const hasFailed = ({ state }: Query) => state.status === "error";

export function App() {
  useEffect(() => {
    const stop = new AbortController();
    void follow(stop.signal);
    const ignore = connection.watch(() => {
      if (connection.get().phase === "live") void queries.refetchQueries({ predicate: hasFailed });
    });
    return () => {
      ignore();
      stop.abort();
    };
  }, []);
  return (
    <QueryClientProvider client={queries}>
      <Tooltip.Provider delayDuration={200}>
        <BrowserRouter>
          <Routes>
            <Route element={<Shell />}>
              <Route index element={<OverviewPage />} />
              <Route path="analysers" element={<AnalysersPage />} />
              <Route path="analysers/:namespace/:name" element={<AnalysersPage />} />
              <Route path="send" element={<SendPage />} />
              <Route path="ledger" element={<LedgerPage />} />
              <Route path="registry" element={<RegistryPage />} />
              <Route path="*" element={<NotFoundPage />} />
            </Route>
          </Routes>
          <TokenDialog />
          <Toaster />
        </BrowserRouter>
      </Tooltip.Provider>
    </QueryClientProvider>
  );
}
