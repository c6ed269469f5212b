/** Sends packets by hand: to try something out, or to bring in a log file that lies on one's own machine. */
import { useRef, useState } from "react";
import { PageHead } from "@/components/page-head";
import { Panel } from "@/components/ui/panel";
import { TabPanel, Tabs } from "@/components/ui/tabs";
import { ComposeForm } from "@/features/send/compose-form";
import { FileForm } from "@/features/send/file-form";
import { LinesForm } from "@/features/send/lines-form";
import { ProgressPanel } from "@/features/send/progress-panel";
import { type Message, newRun, packetAt } from "@/features/send/packets";
import { type Pace, PACE_ONCE } from "@/features/send/pace";
import { type Progress, run } from "@/features/send/run";
import { request, type Schemas } from "@/lib/api";

const WAYS = [
  { key: "compose", label: "Compose" },
  { key: "lines", label: "Paste lines" },
  { key: "file", label: "Log file" },
] as const;

export default function SendPage() {
  const [way, setWay] = useState<(typeof WAYS)[number]["key"]>("compose");
  const [pace, setPace] = useState<Pace>(PACE_ONCE);
  const { progress, start, stop } = useRun();
  const isBusy = progress !== null && !progress.isOver;
  const form = { pace, onPace: setPace, isBusy, onSend: (groups: Message[][]) => start(groups, pace) };
  return (
    <>
      <PageHead title="Send" />
      <div className="grid gap-4 lg:grid-cols-[3fr_2fr] lg:items-start">
        <Panel title="Packets" note="Sent through the operator to a distributor">
          <Tabs label="What to send" value={way} onChange={setWay} tabs={WAYS}>
            <TabPanel value="compose" className="p-4">
              <ComposeForm {...form} />
            </TabPanel>
            <TabPanel value="lines" className="p-4">
              <LinesForm {...form} />
            </TabPanel>
            <TabPanel value="file" className="p-4">
              <FileForm {...form} />
            </TabPanel>
          </Tabs>
        </Panel>
        <ProgressPanel progress={progress} onStop={stop} />
      </div>
    </>
  );
}

function useRun() {
  const [progress, setProgress] = useState<Progress | null>(null);
  const running = useRef<AbortController | null>(null);
  const start = (groups: Message[][], { total, ratePerS }: Pace) => {
    running.current?.abort();
    running.current = new AbortController();
    const name = newRun();
    const plan = {
      total: total ?? groups.length,
      ratePerS,
      packetAt: (place: number) => packetAt(groups, place, name, Date.now()),
      post: (packet: Schemas["Packet"]) => request<Schemas["Taken"]>("POST", "/packets", packet),
    };
    void run(plan, running.current.signal, setProgress);
  };
  return { progress, start, stop: () => running.current?.abort() };
}
