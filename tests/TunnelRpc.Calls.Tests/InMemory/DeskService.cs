using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.InMemory;

internal sealed class DeskService(IGreeter greeter, ITunnelCaller<IVisitor> caller) : IDesk
{
    public Task<string> GreetAsync(string name, CancellationToken cancellationToken) => Task.FromResult(greeter.Greet(name));

    public Task<string> AskBackAsync(string question, CancellationToken cancellationToken) =>
        caller.Callback.AnswerAsync(question, cancellationToken);

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    public async Task<long> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        long sum = 0;
        await foreach (int number in numbers.WithCancellation(cancellationToken))
        {
            sum += number;
        }

        return sum;
    }

    public Task<byte[]> EchoAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes);
}
