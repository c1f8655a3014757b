namespace Fleet.Server;

/// <summary>Who calls the server.</summary>
internal static class FleetRoles
{
    public const string Agent = "agent";
    public const string Operator = "operator";
}
