<#
.SYNOPSIS
Grants the product's application permissions on Microsoft Graph to its enterprise application or managed identity.

.DESCRIPTION
Run by a Privileged Role Administrator, with the modules Microsoft.Graph.Authentication and Microsoft.Graph.Applications. May
be run again. Mail is not granted here: infra/exchange-scope.ps1 does that, for the registry's mailboxes alone. Why each is
needed: docs/tenant.md.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [guid] $ServicePrincipalObjectId,  # the enterprise application's, not the registration's
    [switch] $ReadSharedFiles,  # only where READ_SHARED_LINKS is true
    [switch] $DraftsInLibrary,  # drafts in Word; then run library-access.ps1
    [switch] $DraftsInOneDrive, # … in people's own OneDrive: of everybody, there is no lesser permission
    [switch] $WithoutAbsences   # nobody's automatic reply is read
)

$ErrorActionPreference = 'Stop'
$permissions = @(
    'User.Read.All'
    'TeamsAppInstallation.ReadWriteSelfForUser.All'
    'AppCatalog.Read.All'
)
if ($ReadSharedFiles) { $permissions += 'Files.Read.All' }
if ($DraftsInLibrary) { $permissions += 'Sites.Selected' }
if ($DraftsInOneDrive) { $permissions += 'Files.ReadWrite.All' }
if (-not $WithoutAbsences) { $permissions += 'MailboxSettings.Read' }

Connect-MgGraph -Scopes 'Application.Read.All', 'AppRoleAssignment.ReadWrite.All' -NoWelcome

$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"
$granted = (Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId "$ServicePrincipalObjectId" -All).AppRoleId
foreach ($permission in $permissions) {
    $role = $graph.AppRoles | Where-Object { $_.Value -eq $permission -and $_.AllowedMemberTypes -contains 'Application' }
    if (-not $role) { throw "Graph has no application permission $permission" }
    if ($role.Id -notin $granted) {
        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId "$ServicePrincipalObjectId" `
            -PrincipalId "$ServicePrincipalObjectId" -ResourceId $graph.Id -AppRoleId $role.Id | Out-Null
    }
    Write-Output "$permission granted"
}

$mail = $graph.AppRoles | Where-Object { $_.Value -like 'Mail.*' -and $_.Id -in $granted }
if ($mail) {
    throw "Granted for every mailbox of the tenant: $($mail.Value -join ', '). Remove it; infra/exchange-scope.ps1 scopes mail."
}
