using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls;

/// <summary>Reports the end of a stream to a filter.</summary>
internal static class ObservedStream
{
    /// <summary>
    /// Returns the same items. Each enumeration calls <paramref name="onEnded"/> once, after it was disposed: with the exception of the
    /// stream, or with null when the stream ended or its consumer stopped.
    /// </summary>
    public static IAsyncEnumerable<T> Observe<T>(IAsyncEnumerable<T> items, Action<Exception?> onEnded) =>
        EnumerateAsync(items, onEnded, default);

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
