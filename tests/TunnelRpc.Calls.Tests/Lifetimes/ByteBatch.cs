using System.IO.Pipelines;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>A record with one reference of each kind that carries bytes, reports or calls; each may be missing.</summary>
public sealed record ByteBatch(
    Stream? Input = null,
    Stream? Output = null,
    PipeReader? Reader = null,
    PipeWriter? Writer = null,
    IProgress<int>? Progress = null,
    IListener? Listener = null);
