using System.Runtime.CompilerServices;
using TunnelRpc;

namespace Quickstart;

/// <summary>The server's implementation. Dependency injection creates one object for each call and injects the caller.</summary>
internal sealed class OfficeService(ITunnelCaller<IWorker> caller, TimeProvider time) : IOffice
{
    public Task<Greeting> GreetAsync(string name, int times, CancellationToken cancellationToken) =>
        Task.FromResult(new Greeting(string.Join(" ", Enumerable.Repeat($"Hello, {name}!", times)), time.GetUtcNow(), ["en", "C#"]));

    public async IAsyncEnumerable<Tick> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        for (int number = 1; number <= count; number++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new Tick(number, time.GetElapsedTime(start));
        }
    }

    public Task<string> AskBackAsync(string question, CancellationToken cancellationToken) =>
        caller.Callback.AnswerAsync(question, cancellationToken);

    public async Task<long> SumBackAsync(int count, CancellationToken cancellationToken)
    {
        long sum = 0;
        await foreach (int measure in caller.Callback.MeasureAsync(count, cancellationToken))
        {
            sum += measure;
        }

        return sum;
    }
}
