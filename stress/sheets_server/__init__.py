"""A local server of the part of the Sheets v4 REST API that Majlis and gspread use; it misbehaves on command."""
