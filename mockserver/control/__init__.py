"""The control API: `openapi/control.yaml`, carried out."""
