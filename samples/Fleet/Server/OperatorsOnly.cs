namespace Fleet.Server;

/// <summary>Allows calls by operators only.</summary>
internal sealed class OperatorsOnly() : RoleFilter(FleetRoles.Operator);
