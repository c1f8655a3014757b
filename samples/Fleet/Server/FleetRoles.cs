namespace Fleet.Server;

/// <summary>The roles of the tokens' owners.</summary>
internal static class FleetRoles
{
    public const string Agent = "agent";
    public const string Operator = "operator";
}
