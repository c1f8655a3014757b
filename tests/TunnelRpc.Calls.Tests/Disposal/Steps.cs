using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>
/// What the calls of a test do, by name. A call of an unknown step ends at once. Serves both contracts. The test disposes it: steps that
/// ignore their token end then.
/// </summary>
internal sealed class Steps : IJob, IStep, IDisposable
{
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _steps = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _reached = new();
    private readonly TaskCompletionSource _testEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Sets what a step does.</summary>
    public Func<CancellationToken, Task> this[string step]
    {
        set => _steps[step] = value;
    }

    /// <summary>Completes when a call has started a step.</summary>
    public Task Reached(string step) => Signal(step).Task;

    /// <summary>Runs until the end of the test, whatever the token says.</summary>
    public Task IgnoreTokenAsync() => _testEnded.Task;

    Task IJob.CallBackAsync(string step, CancellationToken cancellationToken) =>
        TunnelCallContext.Current!.GetCallback<IStep>().RunAsync(step, cancellationToken);

    Task IJob.RunAsync(string step, CancellationToken cancellationToken) => RunAsync(step, cancellationToken);

    IAsyncEnumerable<int> IJob.StreamAsync(string step, CancellationToken cancellationToken) => StreamAsync(step, cancellationToken);

    Task IStep.RunAsync(string step, CancellationToken cancellationToken) => RunAsync(step, cancellationToken);

    async ValueTask IStep.NoteAsync(string step, CancellationToken cancellationToken) => await RunAsync(step, cancellationToken);

    IAsyncEnumerable<int> IStep.StreamAsync(string step, CancellationToken cancellationToken) => StreamAsync(step, cancellationToken);

    public void Dispose() => _testEnded.TrySetResult();

    private Task RunAsync(string step, CancellationToken cancellationToken)
    {
        Signal(step).TrySetResult();
        return _steps.TryGetValue(step, out Func<CancellationToken, Task>? run) ? run(cancellationToken) : Task.CompletedTask;
    }

    private async IAsyncEnumerable<int> StreamAsync(string step, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 1;
        await RunAsync(step, cancellationToken);
        yield return 2;
    }

    private TaskCompletionSource Signal(string step) =>
        _reached.GetOrAdd(step, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
