using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>Test cases that are created by hand have no source lines.</summary>
internal sealed class NoSourceInformation : LongLivedMarshalByRefObject, ISourceInformationProvider
{
    public ISourceInformation GetSourceInformation(ITestCase testCase) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
