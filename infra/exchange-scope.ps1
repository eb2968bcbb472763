<#
.SYNOPSIS
Lets the product read, write and send mail in the registry's mailboxes, and in no others (RBAC for Applications).

.DESCRIPTION
Run by an Exchange administrator, with the module ExchangeOnlineManagement. May be run again: what is there stays, and the
scope is brought to the mailboxes named. Rights granted in Entra ID add up with these: Mail.ReadWrite or Mail.Send consented
to there reaches every mailbox, whatever this script says.

.EXAMPLE
./exchange-scope.ps1 -AppId <client id> -ServicePrincipalObjectId <object id of the enterprise application> `
    -Mailboxes registry@ministry.example -NotAllowed somebody@ministry.example
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [guid] $AppId,
    [Parameter(Mandatory)] [guid] $ServicePrincipalObjectId,  # the enterprise application's, not the registration's
    [Parameter(Mandatory)] [string[]] $Mailboxes,
    [Parameter(Mandatory)] [string] $NotAllowed,  # any mailbox that must stay out of reach: the test of the scope
    [string] $Name = 'Tarasul'
)

$ErrorActionPreference = 'Stop'
$roles = 'Application Mail.ReadWrite', 'Application Mail.Send'
$scope = "$Name registry mailboxes"

Connect-ExchangeOnline -ShowBanner:$false

$addresses = foreach ($mailbox in $Mailboxes) { (Get-EXOMailbox -Identity $mailbox).PrimarySmtpAddress }
$filter = ($addresses | ForEach-Object { "PrimarySmtpAddress -eq '$_'" }) -join ' -or '

$known = Get-ServicePrincipal | Where-Object AppId -EQ "$AppId"
if (-not $known) {
    New-ServicePrincipal -AppId "$AppId" -ObjectId "$ServicePrincipalObjectId" -DisplayName $Name | Out-Null
}
elseif ("$($known.ObjectId)" -ne "$ServicePrincipalObjectId") {
    throw "Exchange knows $AppId by another object id ($($known.ObjectId)): take the enterprise application's."
}

if (Get-ManagementScope | Where-Object Name -EQ $scope) {
    Set-ManagementScope -Identity $scope -RecipientRestrictionFilter $filter
}
else {
    New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter | Out-Null
}

foreach ($role in $roles) {
    $assignment = "$Name $role"
    if (-not (Get-ManagementRoleAssignment | Where-Object Name -EQ $assignment)) {
        New-ManagementRoleAssignment -Name $assignment -App "$ServicePrincipalObjectId" -Role $role `
            -CustomResourceScope $scope | Out-Null
    }
}

# The test asks past Exchange's cache; the product itself is let in half an hour to two hours later.
$wrong = @()
foreach ($mailbox in @($addresses) + $NotAllowed) {
    $within = Test-ServicePrincipalAuthorization -Identity "$ServicePrincipalObjectId" -Resource $mailbox |
        Where-Object { $_.InScope -eq $true } | ForEach-Object RoleName
    $expected = if ($mailbox -eq $NotAllowed) { @() } else { $roles }
    $missing = $expected | Where-Object { $_ -notin $within }
    $tooMany = $within | Where-Object { $_ -notin $expected }
    if ($missing) { $wrong += "${mailbox}: not in scope for $($missing -join ', ')" }
    if ($tooMany) { $wrong += "${mailbox}: in scope for $($tooMany -join ', '), which must not be" }
}
if ($wrong) { throw ($wrong -join [Environment]::NewLine) }
Write-Output "In scope: $($addresses -join ', '). Out of reach: $NotAllowed. Start the product in two hours."
