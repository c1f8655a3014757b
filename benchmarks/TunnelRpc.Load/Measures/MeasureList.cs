namespace TunnelRpc.Load.Measures;

/// <summary>All measures, in the order of their rows.</summary>
internal static class MeasureList
{
    public static IReadOnlyList<IMeasure> Create(IReadOnlyList<int> concurrencies) =>
    [
        .. concurrencies.Select((concurrency, i) => new UnaryMeasure(concurrency, isFirst: i == 0)),
        new CallbackMeasure(),
        .. StreamMeasure.All,
        .. BulkMeasure.All,
        new HalfLoadMeasure(),
        new HighPriorityMeasure(),
    ];

    /// <summary>The measures that start their own processes. They run after the others.</summary>
    public static IReadOnlyList<IStandaloneMeasure> Standalone { get; } =
    [
        new ConnectMeasure(),
        new SessionsMeasure(),
        new CrowdMeasure(),
        new LargeMessagesMeasure(),
        new AuthorizationMeasure(),
        new MemoryMeasure(),
        new AttacksMeasure(),
        new ColdStartMeasure(),
    ];

    /// <summary>The names of all measures, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Create([UnaryMeasure.DefaultConcurrency]).Select(m => m.Name), .. Standalone.Select(m => m.Name)];
}
