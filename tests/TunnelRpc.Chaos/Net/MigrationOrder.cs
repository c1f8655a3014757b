namespace TunnelRpc.Chaos.Net;

/// <summary>An order of migrations in which each pair of different transports occurs equally often. Not thread-safe.</summary>
internal sealed class MigrationOrder(IReadOnlyList<string> transports, string first, Random random)
{
    private readonly Dictionary<(string From, string To), int> _migrations = [];

    public string Current { get; private set; } = first;

    public int Pairs => _migrations.Count;

    public int MinMigrations => _migrations.Values.Min();

    /// <summary>Returns a random one of the transports with the fewest migrations from the current one, and makes it current.</summary>
    public string Next()
    {
        string next = transports
            .Where(t => t != Current)
            .OrderBy(t => _migrations.GetValueOrDefault((Current, t)))
            .ThenBy(_ => random.Next())
            .First();
        _migrations[(Current, next)] = _migrations.GetValueOrDefault((Current, next)) + 1;
        return Current = next;
    }
}
