"""The HTTP API: FastAPI behind API Gateway, or behind uvicorn."""
