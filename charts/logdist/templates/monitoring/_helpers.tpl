{{/* The alerts, with this release's jobs told by its name, and with runbooks where people find them: a link that leads nowhere
helps nobody, so without a base the section is named, and no URL. */}}
{{- define "logdist.alerts" -}}
{{- $jobs := printf `job=~".*(logdist|%s).*"` (include "logdist.fullname" .) -}}
{{- $base := .Values.monitoring.runbookBase -}}
{{- $runbooks := empty $base | ternary "runbook: docs/" (printf "runbook_url: %sdocs/" $base) -}}
{{- .Files.Get "files/alerts.yaml" | replace `job=~".*logdist.*"` $jobs | replace "runbook_url: docs/" $runbooks -}}
{{- end }}

{{/* What is scraped, by component: port, labels of its pods, and whether it asks for the distributors' token. */}}
{{- define "logdist.targets" -}}
distributor:
  port: control
  isGuarded: true
  labels:
    {{- include "logdist.selector" (dict "root" . "component" "distributor") | nindent 4 }}
operator:
  port: api
  isGuarded: false
  labels:
    {{- include "logdist.selector" (dict "root" . "component" "operator") | nindent 4 }}
{{- range .Values.monitoring.analysers }}
analysers-{{ .name }}:
  port: {{ .port }}
  isGuarded: false
  labels:
    {{- toYaml .labels | nindent 4 }}
{{- end }}
{{- end }}

{{/* A container of the built-in Prometheus or Grafana: the same bounds as all others, and an image of its own. */}}
{{- define "logdist.monitoringContainer" -}}
image: {{ .image | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "logdist.grafanaSecret" -}}
{{ .Values.monitoring.builtin.grafana.existingSecret | default (printf "%s-grafana-password" (include "logdist.fullname" .)) }}
{{- end }}
