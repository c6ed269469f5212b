{{/* Of a Deployment and its Service: (dict "root" $ "name" "errors"). */}}
{{- define "samples.name" -}}
{{ .root.Release.Name | replace "." "-" | trunc 40 | trimSuffix "-" }}-{{ .name }}
{{- end }}

{{/* What tells the pods of one analyser apart. Selectors cannot be changed: nothing here may differ between two versions. */}}
{{- define "samples.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "samples.labels" -}}
{{ include "samples.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end }}
