using System.Collections.Concurrent;

namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>The gates and notes that the services of one test share.</summary>
internal sealed class Script
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new();

    /// <summary>The recorded notes, in order.</summary>
    public ConcurrentQueue<string> Notes { get; } = new();

    public Gate Gate(string name) => _gates.GetOrAdd(name, _ => new Gate());

    public async Task RunAsync(string[] steps, CancellationToken cancellationToken)
    {
        TunnelCallContext context = TunnelCallContext.Current!;
        for (int i = 0; i < steps.Length; i++)
        {
            string[] step = steps[i].Split(':');
            switch (step[0])
            {
                case "note":
                    Notes.Enqueue(step[1]);
                    break;
                case "wait":
                    await Gate(step[1]).PassAsync(cancellationToken);
                    break;
                default:
                    IScript next = step[0] switch
                    {
                        "first" => context.GetCallback<IFirst>(),
                        "second" => context.GetCallback<ISecond>(),
                        "free" => context.GetCallback<IFree>(),
                        _ => throw new ArgumentException($"Expected a step, got {steps[i]}."),
                    };
                    await next.RunAsync(steps[(i + 1)..], cancellationToken);
                    return;
            }
        }
    }
}
