"""The tenant: Entra ID, Graph, Bot Connector and Key Vault, as far as the product uses them."""
