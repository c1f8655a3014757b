using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.SignalR;

namespace TunnelRpc.Lab.Gateway;

/// <summary>A hub that is called, calls its client, and streams in both directions.</summary>
internal sealed class ShopHub : Hub
{
    public async Task<int> SayAsync(string text)
    {
        await Clients.Caller.SendAsync("Said", text);
        return text.Length;
    }

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    public async Task<int> SumAsync(IAsyncEnumerable<int> numbers)
    {
        int sum = 0;
        await foreach (int number in numbers)
        {
            sum += number;
        }

        return sum;
    }
}
