namespace Fleet.Server;

/// <summary>Lets operators call.</summary>
internal sealed class OperatorsOnly() : RoleFilter(FleetRoles.Operator);
