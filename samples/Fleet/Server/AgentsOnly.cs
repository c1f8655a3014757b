namespace Fleet.Server;

/// <summary>Lets agents call.</summary>
internal sealed class AgentsOnly() : RoleFilter(FleetRoles.Agent);
