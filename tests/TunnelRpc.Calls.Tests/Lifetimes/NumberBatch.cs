namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>A record with a stream inside.</summary>
public sealed record NumberBatch(int Count, IAsyncEnumerable<int> Numbers);
