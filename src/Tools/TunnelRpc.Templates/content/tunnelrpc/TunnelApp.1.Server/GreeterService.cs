using System.Runtime.CompilerServices;
using TunnelApp._1.Contracts;
using TunnelRpc;

namespace TunnelApp._1.Server;

/// <summary>Each call has an object and a scope of its own. The caller is the client that has made the call.</summary>
public sealed class GreeterService(ITunnelCaller<IVisitor> caller) : IGreeter
{
    public async Task<Greeting> GreetAsync(string name, CancellationToken cancellationToken)
    {
        if (name.Length == 0)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, "Expected a name, got an empty one.");
        }

        string language = await caller.Callback.GetLanguageAsync(cancellationToken);
        string word = language == "fr" ? "Bonjour" : "Hello";
        return new Greeting($"{word}, {name}!", language);
    }

    public async IAsyncEnumerable<int> CountDownAsync(int start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int number = start; number > 0; number--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            yield return number;
        }
    }
}
