"""The Messages API around the author: reading requests, refusing bad ones, accounting, framing answers."""
