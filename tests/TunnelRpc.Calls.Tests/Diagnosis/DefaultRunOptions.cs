using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>The options of a run in which every option has its default.</summary>
internal sealed class DefaultRunOptions : LongLivedMarshalByRefObject, ITestFrameworkExecutionOptions
{
    public TValue GetValue<TValue>(string name) => default!;

    public void SetValue<TValue>(string name, TValue value) => throw new NotSupportedException();
}
