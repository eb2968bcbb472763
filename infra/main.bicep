// What Tarasul needs in Azure, in one resource group: the functions, their storage, the archive, the database, the vault,
// the log, the bot, and the managed identity that the product is. Names of settings: docs/settings.md.
// What was checked, and what never was: infra/README.md.

targetScope = 'resourceGroup'

@description('Begins every name; lower-case letters and digits.')
@minLength(3)
@maxLength(11)
param name string

param location string = resourceGroup().location

@description('The registry\'s mailboxes, with spaces between them.')
param registryMailboxes string

@description('The organisation file, as JSON: docs/settings.md.')
param organisation string

@description('Draw it at random; 32 characters or more.')
@secure()
@minLength(32)
param graphClientState string

@description('The key under which each day is stated; 32 characters or more, drawn at random, never exchanged without a note.')
@secure()
@minLength(32)
param statementKey string

@secure()
@minLength(16)
param databasePassword string

param timeZone string = 'Asia/Kuwait'

@description('The host name people and Microsoft reach; empty takes the function app\'s own.')
param publicHost string = ''

@description('The API\'s application id URI; empty takes the identity\'s.')
param apiAudience string = ''

@description('The bot\'s app registration, where it is not the managed identity: docs/tenant.md, step 2.')
param botAppId string = ''

@description('Its client secret; kept in the vault as bot-app-secret.')
@secure()
param botAppSecret string = ''

@description('Days that a document in the archive can be neither changed nor deleted. The ministry\'s schedule decides; lock the policy once it has.')
@minValue(1)
@maxValue(146000)
param archiveDays int = 3650

@description('The certificate under which the entity seals its letters: the identifier of its secret, https://<vault>/secrets/<name>. Empty: letters are approved and not sealed.')
param sealCertificate string = ''

@description('A time-stamp authority (RFC 3161) for the seal; the entity\'s own or its provider\'s. Empty: none.')
param timestampUrl string = ''

@description('Letters in Word (docs/tenant.md, step 10): the library, as library-access.ps1 prints it. Empty: what is issued is written in the chat.')
param libraryDriveId string = ''

@description('The ministry\'s SharePoint and OneDrive hosts and *.svc.ms, with blanks between them: the only ones that files are fetched from.')
param sharePointHosts string = ''

@description('Whether drafts lie in people\'s own OneDrive, which needs Files.ReadWrite.All; else the organisation file says that they lie in the library.')
param draftsInOneDrive bool = true

@description('Keep copies in the region\'s pair too. Ask first whether letters may lie there: the pair may be another country.')
param geoRedundant bool = false

@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string = 'Disabled'

var suffix = uniqueString(resourceGroup().id)
var codeContainer = 'code'
var archiveContainer = 'archive'
var queues = ['intake', 'effects', 'intake-poison', 'effects-poison']
var roles = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
}

// ---------------------------------------------------------------- who the product is

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-id'
  location: location
}

// ---------------------------------------------------------------- the host's storage: queues, timers, the code

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: take('${name}host${suffix}', 24)
  location: location
  sku: { name: 'Standard_ZRS' }
  kind: 'StorageV2'
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: { enabled: true, days: 14 } }

    resource code 'containers' = { name: codeContainer }
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource bells 'queues' = [for queue in queues: { name: queue }]
  }
}

resource mayUseStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.blobOwner, roles.queueContributor, roles.tableContributor]: {
    name: guid(storage.id, identity.id, role)
    scope: storage
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// ---------------------------------------------------------------- the archive: written once

resource archive 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: take('${name}arch${suffix}', 24)
  location: location
  sku: { name: geoRedundant ? 'Standard_GZRS' : 'Standard_ZRS' }
  kind: 'StorageV2'
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: { enabled: true, days: 90 }
      containerDeleteRetentionPolicy: { enabled: true, days: 90 }
    }

    resource letters 'containers' = {
      name: archiveContainer
      properties: { immutableStorageWithVersioning: { enabled: true } }

      // Unlocked, so that a trial can be taken down. Lock it within a day of going live: infra/README.md.
      resource writtenOnce 'immutabilityPolicies' = {
        name: 'default'
        properties: { immutabilityPeriodSinceCreationInDays: archiveDays, allowProtectedAppendWrites: false }
      }
    }
  }
}

resource mayWriteArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(archive.id, identity.id, roles.blobContributor)
  scope: archive
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobContributor)
  }
}

// ---------------------------------------------------------------- the database

resource database 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: '${name}-db-${suffix}'
  location: location
  sku: { name: 'Standard_D2ds_v5', tier: 'GeneralPurpose' }
  properties: {
    version: '16'
    administratorLogin: 'tarasul'
    administratorLoginPassword: databasePassword
    authConfig: { activeDirectoryAuth: 'Disabled', passwordAuth: 'Enabled' }
    storage: { storageSizeGB: 64, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 35, geoRedundantBackup: geoRedundant ? 'Enabled' : 'Disabled' }
    highAvailability: { mode: databaseHighAvailability }
  }

  resource tarasul 'databases' = {
    name: 'tarasul'
    properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  }

  // Any service inside Azure may knock, with the password. A private network belongs here: infra/README.md.
  resource fromAzure 'firewallRules' = {
    name: 'azure-services'
    properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  }
}

// ---------------------------------------------------------------- the vault

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: take('${name}-kv-${suffix}', 24)
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
  }

  resource databaseUrl 'secrets' = {
    name: 'database-url'
    properties: {
      contentType: 'text/plain'
      value: 'postgresql://tarasul:${uriComponent(databasePassword)}@${database.properties.fullyQualifiedDomainName}/tarasul?sslmode=require'
    }
  }

  resource clientState 'secrets' = {
    name: 'graph-client-state'
    properties: { contentType: 'text/plain', value: graphClientState }
  }

  resource statement 'secrets' = {
    name: 'statement-key'
    properties: { contentType: 'text/plain', value: statementKey }
  }

  resource botSecret 'secrets' = if (!empty(botAppId)) {
    name: 'bot-app-secret'
    properties: { contentType: 'text/plain', value: botAppSecret }
  }
}

resource mayReadSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, roles.secretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
  }
}

// ---------------------------------------------------------------- the log

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-log'
  location: location
  properties: { retentionInDays: 90, sku: { name: 'PerGB2018' } }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  kind: 'web'
  properties: { Application_Type: 'web', WorkspaceResourceId: workspace.id }
}

// ---------------------------------------------------------------- the functions

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource functions 'Microsoft.Web/sites@2024-04-01' = {
  name: '${name}-${suffix}'
  location: location
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${codeContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        // Graph gives the notification door three seconds, Teams waits ten: one instance is always warm.
        alwaysReady: [{ name: 'http', instanceCount: 1 }]
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
  }

  // Code comes with an identity of Entra ID, never with a publishing password.
  resource noPasswords 'basicPublishingCredentialsPolicies' = [
    for way in ['ftp', 'scm']: { name: way, properties: { allow: false } }
  ]

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(given, empty(botAppId) ? {} : givenForBot, empty(sealCertificate) ? {} : givenForSeal, empty(libraryDriveId) ? {} : givenForWord)
    dependsOn: [mayUseStorage, mayReadSecrets, mayWriteArchive]
  }
}

var publicUrl = 'https://${empty(publicHost) ? functions.properties.defaultHostName : publicHost}'

var given = {
  AzureWebJobsStorage__accountName: storage.name
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  AZURE_TENANT_ID: subscription().tenantId
  AZURE_CLIENT_ID: identity.properties.clientId
  API_AUDIENCE: empty(apiAudience) ? 'api://${identity.properties.clientId}' : apiAudience
  ARCHIVE_URL: '${archive.properties.primaryEndpoints.blob}${archiveContainer}'
  DATABASE_URL: '@Microsoft.KeyVault(SecretUri=${vault::databaseUrl.properties.secretUri})'
  GRAPH_CLIENT_STATE: '@Microsoft.KeyVault(SecretUri=${vault::clientState.properties.secretUri})'
  ORGANISATION: organisation
  PUBLIC_URL: publicUrl
  REGISTRY_MAILBOXES: registryMailboxes
  STATEMENT_KEY: '@Microsoft.KeyVault(SecretUri=${vault::statement.properties.secretUri})'
  TIME_ZONE: timeZone
}

// An empty setting is none. The identity must be allowed to read the secret, where it lies in another vault.
var givenForSeal = {
  SEAL_CERTIFICATE: sealCertificate
  TIMESTAMP_URL: timestampUrl
}

var givenForWord = {
  DRAFTS_IN_WORD: 'true'
  LIBRARY_DRIVE_ID: libraryDriveId
  SHAREPOINT_HOSTS: sharePointHosts
  WATCH_DRIVES: string(draftsInOneDrive)
}

// Without a vault to look in, the bot signs in as the managed identity.
var givenForBot = {
  BOT_APP_ID: botAppId
  KEY_VAULT_URL: vault.properties.vaultUri
}

// ---------------------------------------------------------------- the bot

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: '${name}-bot-${suffix}'
  location: 'global'
  kind: 'azurebot'
  sku: { name: 'S1' }
  properties: {
    displayName: 'Tarasul'
    endpoint: '${publicUrl}/api/messages'
    msaAppType: empty(botAppId) ? 'UserAssignedMSI' : 'SingleTenant'
    msaAppId: empty(botAppId) ? identity.properties.clientId : botAppId
    msaAppTenantId: subscription().tenantId
    msaAppMSIResourceId: empty(botAppId) ? identity.id : null
    disableLocalAuth: true
  }

  resource teams 'channels' = {
    name: 'MsTeamsChannel'
    location: 'global'
    properties: { channelName: 'MsTeamsChannel' }
  }
}

output publicUrl string = publicUrl
output identityClientId string = identity.properties.clientId
output identityPrincipalId string = identity.properties.principalId
output functionAppName string = functions.name
