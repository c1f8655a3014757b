namespace TunnelRpc.Chaos.Net;

/// <summary>An order of moves in which each pair of different transports has its turn as often as the others. One user at a time.</summary>
internal sealed class MigrationOrder(IReadOnlyList<string> transports, string first, Random random)
{
    private readonly Dictionary<(string From, string To), int> _migrations = [];

    public string Current { get; private set; } = first;

    public int Pairs => _migrations.Count;

    public int MinMigrations => _migrations.Values.Min();

    /// <summary>Where to go next: of those that were gone to least from here, any.</summary>
    public string Next()
    {
        string next = transports.Where(t => t != Current).OrderBy(t => _migrations.GetValueOrDefault((Current, t))).ThenBy(_ => random.Next()).First();
        _migrations[(Current, next)] = _migrations.GetValueOrDefault((Current, next)) + 1;
        return Current = next;
    }
}
