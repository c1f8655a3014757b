namespace Fleet.Server;

/// <summary>The roles of callers.</summary>
internal static class FleetRoles
{
    public const string Agent = "agent";
    public const string Operator = "operator";
}
