{{/* What names of the release's objects begin with. 40 characters leave room for what is added. */}}
{{- define "logdist.fullname" -}}
{{- $named := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- .Values.fullnameOverride | default $named | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Of an object: (dict "root" $ "component" "operator"). */}}
{{- define "logdist.name" -}}
{{ include "logdist.fullname" .root }}-{{ .component }}
{{- end }}

{{/* What tells a component's pods apart, and all the labels that pods have. Selectors cannot be changed, and a changed label
restarts pods: nothing here may differ between two versions. */}}
{{- define "logdist.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* A component's pods, as a peer of a NetworkPolicy. */}}
{{- define "logdist.peer" -}}
- podSelector:
    matchLabels:
      {{- include "logdist.selector" . | nindent 6 }}
{{- end }}

{{- define "logdist.labels" -}}
{{ include "logdist.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "logdist.metadata" -}}
name: {{ include "logdist.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "logdist.labels" . | nindent 2 }}
{{- end }}

{{- define "logdist.image" -}}
{{- with .root.Values.image -}}
{{ .registry }}/{{ .repository }}/{{ $.component }}:{{ .tag | default $.root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What every pod has: who it is, where it may run, and no variables for the Services of its namespace. */}}
{{- define "logdist.pod" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "logdist.container" -}}
image: {{ include "logdist.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "logdist.distributorSecret" -}}
{{ .Values.distributor.existingSecret | default (printf "%s-distributor-token" (include "logdist.fullname" .)) }}
{{- end }}

{{- define "logdist.apiSecret" -}}
{{ .Values.operator.api.existingSecret | default (printf "%s-operator-api-token" (include "logdist.fullname" .)) }}
{{- end }}

{{- define "logdist.ingestTokenSecret" -}}
{{ .Values.distributor.ingest.token.existingSecret | default (printf "%s-ingest-token" (include "logdist.fullname" .)) }}
{{- end }}

{{- define "logdist.ingestTlsSecret" -}}
{{ .Values.distributor.ingest.tls.existingSecret | default (printf "%s-ingest-tls" (include "logdist.fullname" .)) }}
{{- end }}

{{/* What a sender of this release shows and trusts: the token, and the authority without the distributors' key. */}}
{{- define "logdist.senderMounts" -}}
{{- if .Values.distributor.ingest.token.enabled }}
- name: ingest-token
  mountPath: /etc/logdist/ingest-token
  readOnly: true
{{- end }}
{{- if .Values.distributor.ingest.tls.enabled }}
- name: ingest-ca
  mountPath: /etc/logdist/ingest-ca
  readOnly: true
{{- end }}
{{- end }}

{{- define "logdist.senderVolumes" -}}
{{- if .Values.distributor.ingest.token.enabled }}
- name: ingest-token
  secret:
    secretName: {{ include "logdist.ingestTokenSecret" . }}
{{- end }}
{{- if .Values.distributor.ingest.tls.enabled }}
- name: ingest-ca
  secret:
    secretName: {{ include "logdist.ingestTlsSecret" . }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end }}

{{/* The flags of the operator and of Locust for them. */}}
{{- define "logdist.senderFlags" -}}
{{- if .Values.distributor.ingest.token.enabled }}
- --ingest-token-file=/etc/logdist/ingest-token/token
{{- end }}
{{- if .Values.distributor.ingest.tls.enabled }}
- --ingest-ca-file=/etc/logdist/ingest-ca/ca.crt
{{- end }}
{{- end }}

{{/* The token in base64: that of the Secret in the cluster, or a new one. (dict "root" $ "secret" "its name") */}}
{{- define "logdist.token" -}}
{{- $data := (lookup "v1" "Secret" .root.Release.Namespace .secret).data | default dict -}}
{{ get $data "token" | default (randAlphaNum 43 | b64enc) }}
{{- end }}

{{/* 40 MiB, twice the payload (each packet costs an object as well), 256 MiB of requests half received, and room. */}}
{{- define "logdist.distributorResources" -}}
{{- $memory := printf "%dMi" (add (mul 2 (int .Values.distributor.memoryMiB)) 512) -}}
{{ toYaml (merge (dict "limits" (dict "memory" $memory)) .Values.distributor.resources) }}
{{- end }}

{{/* The spool's file may take twice its payload: pages are filled in part. */}}
{{- define "logdist.volumeSize" -}}
{{ add (mul 2 (int .Values.distributor.spoolGiB)) 1 }}Gi
{{- end }}

{{- define "logdist.ingestScheme" -}}
{{ ternary "https" "http" .Values.distributor.ingest.tls.enabled }}
{{- end }}

{{- define "logdist.ingestUrl" -}}
{{ include "logdist.ingestScheme" . }}://{{ include "logdist.fullname" . }}-distributor:8080
{{- end }}

{{- define "logdist.operatorUrl" -}}
http://{{ include "logdist.fullname" . }}-operator:8082
{{- end }}
