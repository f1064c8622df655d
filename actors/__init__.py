"""The actors of Majlis: a folder for each capability, its pure modules beside its thin actor."""
