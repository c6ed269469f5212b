"""What the cluster is told of its analysers: their `status`, and Events when something becomes of them.

board -> document -> differs from what is written? -> pace -> server-side apply -> story -> Events
"""
