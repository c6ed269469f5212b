/** The frame of every page: where one is, whether what one sees is of now, light or dark. */
import { ChartNoAxesCombined, Library, Moon, ScaleIcon, SendHorizontal, Sun, SunMoon, Users } from "lucide-react";
import { Suspense } from "react";
import { NavLink, Outlet } from "react-router";
import { LiveBadge } from "@/app/live-badge";
import { PageBoundary } from "@/app/page-boundary";
import { SkeletonRows } from "@/components/ui/feedback";
import { Segmented } from "@/components/ui/segmented";
import { clsx } from "clsx";
import { useStore } from "@/lib/store";
import { applyTheme, theme } from "@/lib/theme";

const PAGES = [
  { to: "/", label: "Overview", icon: ChartNoAxesCombined },
  { to: "/analysers", label: "Analysers", icon: Users },
  { to: "/send", label: "Send", icon: SendHorizontal },
  { to: "/ledger", label: "Ledger", icon: ScaleIcon },
  { to: "/registry", label: "Registry", icon: Library },
];

const THEMES = [
  { key: "system", label: "As the system", icon: <SunMoon aria-hidden /> },
  { key: "light", label: "Light", icon: <Sun aria-hidden /> },
  { key: "dark", label: "Dark", icon: <Moon aria-hidden /> },
] as const;

export function Shell() {
  return (
    <div className="min-h-dvh lg:pl-52">
      <a
        href="#content"
        className="fixed top-2 left-2 z-60 -translate-y-20 rounded-md bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        To the content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-surface lg:fixed lg:inset-y-0 lg:left-0 lg:w-52 lg:border-r lg:border-b-0">
        <div className="flex h-13 items-center gap-3 px-4 lg:h-full lg:flex-col lg:items-stretch lg:gap-5 lg:px-3 lg:py-5">
          <p className="flex items-center gap-2 font-semibold lg:px-2">
            <img src="/icon.svg" alt="" width={22} height={22} />
            <span className="max-sm:sr-only">Log Distributor</span>
          </p>
          <Navigation />
          <div className="ml-auto flex items-center gap-3 lg:mt-auto lg:ml-0 lg:flex-col lg:items-start lg:gap-4 lg:px-2">
            <LiveBadge />
            <Segmented label="Theme" value={useStore(theme)} onChange={applyTheme} options={THEMES} />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto max-w-[1680px] p-3 pb-24 outline-none sm:p-5 lg:pb-8">
        <PageBoundary>
          <Suspense fallback={<SkeletonRows rows={8} />}>
            <Outlet />
          </Suspense>
        </PageBoundary>
      </main>
    </div>
  );
}

/** Beside the page where it is wide; at the bottom, within reach of a thumb, where it is not. */
function Navigation() {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:static lg:border-0"
    >
      <ul className="flex lg:flex-col lg:gap-0.5">
        {PAGES.map(({ to, label, icon: Icon }) => (
          <li key={to} className="flex-1">
            <NavLink
              to={to}
              end={to === "/"}
              className={({ isActive }) =>
                clsx(
                  "flex flex-col items-center gap-0.5 py-2 text-[0.6875rem] font-medium lg:flex-row lg:gap-2.5 lg:rounded-md lg:px-2 lg:py-1.5 lg:text-sm",
                  isActive ? "text-accent lg:bg-accent-soft" : "text-muted hover:text-text lg:hover:bg-raised",
                )
              }
            >
              <Icon aria-hidden className="size-5 lg:size-4" strokeWidth={1.75} />
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
