namespace Fleet.Server;

/// <summary>Allows calls by agents only.</summary>
internal sealed class AgentsOnly() : RoleFilter(FleetRoles.Agent);
