"""The aiohttp face: HTTP routes and the WebSocket hub."""
