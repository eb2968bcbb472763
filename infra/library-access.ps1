<#
.SYNOPSIS
Lets the product write in the library of one SharePoint site, and prints the library's drive id (LIBRARY_DRIVE_ID).

.DESCRIPTION
Run by a SharePoint administrator, with the module Microsoft.Graph.Authentication. May be run again: what is granted stays.
The product needs Sites.Selected (graph-permissions.ps1 -DraftsInLibrary), which by itself reaches no site. The site should
have no members: its owners see every draft that lies there. Why it is needed: docs/tenant.md.

.EXAMPLE
./library-access.ps1 -AppId <client id> -SiteUrl https://ministry.sharepoint.com/sites/registry
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [guid] $AppId,
    [Parameter(Mandatory)] [uri] $SiteUrl,
    [string] $Name = 'Tarasul'
)

$ErrorActionPreference = 'Stop'
Connect-MgGraph -Scopes 'Sites.FullControl.All' -NoWelcome

$site = Invoke-MgGraphRequest -Method GET -Uri "/v1.0/sites/$($SiteUrl.Host):$($SiteUrl.AbsolutePath)"
$granted = (Invoke-MgGraphRequest -Method GET -Uri "/v1.0/sites/$($site.id)/permissions").value
$ours = $granted | Where-Object { $_.grantedToIdentitiesV2.application.id -contains "$AppId" }
if (-not $ours) {
    $grant = @{ roles = @('write'); grantedToIdentities = @(@{ application = @{ id = "$AppId"; displayName = $Name } }) }
    Invoke-MgGraphRequest -Method POST -Uri "/v1.0/sites/$($site.id)/permissions" -Body ($grant | ConvertTo-Json -Depth 5) `
        -ContentType 'application/json' | Out-Null
}
$drive = Invoke-MgGraphRequest -Method GET -Uri "/v1.0/sites/$($site.id)/drive"
Write-Output "LIBRARY_DRIVE_ID=$($drive.id)"
