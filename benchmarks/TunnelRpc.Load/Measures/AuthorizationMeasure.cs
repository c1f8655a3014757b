using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>
/// The cost of a unary call whose method requires something of its caller, compared with an open one, and of an open call in an application
/// with authorization, compared with one without. A second process without authorization shows how much two equal processes differ. Rounds
/// are interleaved, at least eight, and each starts with the next case.
/// </summary>
internal sealed class AuthorizationMeasure : IStandaloneMeasure
{
    public const string Authorized = "authorized";

    private const int MinRounds = 8;

    public string Name => "authorization";

    public string? SkippedWhenQuick => "authorization: calls with requirements, and without";

    public async Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        await using ServerProcess open = await ServerProcess.StartAsync(SystemNames.TunnelRpc);
        await using ServerProcess equal = await ServerProcess.StartAsync(SystemNames.TunnelRpc);
        await using ServerProcess guarded = await ServerProcess.StartAsync(SystemNames.TunnelRpcGuarded);
        await using TunnelClient openClient = await TunnelTarget.ConnectAsync(open.Ports[0], TunnelTarget.MainTransport);
        await using TunnelClient equalClient = await TunnelTarget.ConnectAsync(equal.Ports[0], TunnelTarget.MainTransport);
        await using TunnelClient guardedClient = await TunnelTarget.ConnectAsync(guarded.Ports[0], TunnelTarget.MainTransport);
        ILoadService plain = openClient.Get<ILoadService>();
        ILoadService same = equalClient.Get<ILoadService>();
        ILoadService beside = guardedClient.Get<ILoadService>();
        IGuardedService service = guardedClient.Get<IGuardedService>();
        (string Name, ServerProcess Server, Func<ValueTask<Sample>> Call)[] cases =
        [
            ("open, application without authorization", open, () => plain.EchoAsync(Sample.One)),
            ("open, an equal application", equal, () => same.EchoAsync(Sample.One)),
            ("open, application with authorization", guarded, () => beside.EchoAsync(Sample.One)),
            ("open, contract with [Authorize] elsewhere", guarded, () => service.OpenAsync(Sample.One)),
            ("[Authorize]", guarded, () => service.AuthenticatedAsync(Sample.One)),
            ("[Authorize(Roles)]", guarded, () => service.RoleAsync(Sample.One)),
            ("policy with a resource handler", guarded, () => service.ResourceAsync(Sample.One)),
        ];
        foreach ((_, _, Func<ValueTask<Sample>> call) in cases)
        {
            await CallLoop.RunAsync(call, UnaryMeasure.DefaultConcurrency, settings.SubsequentWarmUp);
        }

        var measurements = new List<Measurement>();
        for (int round = 0; round < Math.Max(MinRounds, settings.Rounds); round++)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                (string name, ServerProcess server, Func<ValueTask<Sample>> call) = cases[(round + i) % cases.Length];
                cancellationToken.ThrowIfCancellationRequested();
                Measurement row = await ResourceMeter.RunAsync(server, async () =>
                {
                    Figures figures = await CallLoop.RunAsync(call, UnaryMeasure.DefaultConcurrency, settings.Duration);
                    return ResourceMeter.Row(
                        SystemNames.TunnelRpc, TunnelTarget.MainTransport, Authorized, UnaryMeasure.DefaultConcurrency, figures);
                });
                measurements.Add(row with { Case = name });
            }
        }

        return [.. measurements.GroupBy(m => m.Case).Select(Measurement.Median)];
    }
}
