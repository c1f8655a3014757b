using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls;

/// <summary>Says when a stream is over.</summary>
internal static class ObservedStream
{
    public static IAsyncEnumerable<T> Observe<T>(IAsyncEnumerable<T> items, Action<Exception?> onEnded) => EnumerateAsync(items, onEnded, default);

    private static async IAsyncEnumerable<T> EnumerateAsync<T>(
        IAsyncEnumerable<T> items, Action<Exception?> onEnded, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Exception? failure = null;
        IAsyncEnumerator<T> enumerator = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await enumerator.MoveNextAsync().ConfigureAwait(false))
                    {
                        break;
                    }
                }
                catch (Exception error)
                {
                    failure = error;
                    throw;
                }

                yield return enumerator.Current;
            }
        }
        finally
        {
            try
            {
                await enumerator.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                onEnded(failure);
            }
        }
    }
}
