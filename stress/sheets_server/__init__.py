"""A local server that speaks the part of the Sheets v4 REST API that Majlis and gspread use, and misbehaves on command."""
